"""From a question to an answer made of verbatim extracts: retriever, composer, citations, chatbot."""
