"""Collections: lists of repositories, papers and other collections, under a title."""
