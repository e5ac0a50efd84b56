"""Models that come with the program. Left out: how a model is used (`index/embedder.py`)."""
