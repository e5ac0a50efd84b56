"""Whether two quotations disagree: numbers, dates and negations read out of sentences, and compared."""
