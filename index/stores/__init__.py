"""The stores, one a file. Each keeps the contract of `index/store.py`; `memory.py` is the reference."""
