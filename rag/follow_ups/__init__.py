"""Follow-up questions: what they lean on, and how it is filled in. Used by `rag/conversation.py`."""
