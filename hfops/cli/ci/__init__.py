"""What a CI job needs beside the commands: which job this is, and a client of the forge that runs it."""
