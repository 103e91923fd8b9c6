"""The kind ``Collection``: a titled, ordered list of repositories, papers and other collections."""
