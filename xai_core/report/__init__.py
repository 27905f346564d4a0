"""A report of one photo: what it holds, how it reads as HTML and as PDF, and how others check it from its manifest."""
