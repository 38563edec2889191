"""Wording: catalogues, labels, dates, Markdown, text diffs, and the sentences of journal and refusals."""
