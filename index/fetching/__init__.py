"""Sources by address → files to be read: feeds, sitemaps, single pages. `source.py` is where to begin. Left out:
reading what was loaded (`index/readers/`), indexing it (`index/build.py`)."""
