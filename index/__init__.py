"""From sources to a searchable index: readers, sentences, passages, embedder, stores, build."""
