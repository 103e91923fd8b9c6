"""What people say about a repository: discussions, and pull requests, which are discussions with a branch."""
