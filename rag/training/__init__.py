"""Training of the reader (`python -m rag.training.train`). Nothing here is used to answer."""
