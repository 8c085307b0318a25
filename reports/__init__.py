"""How it is read: the pages of the site and the printed outputs."""
