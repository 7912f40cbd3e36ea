"""The review workbench: a web page on the loopback address where people decide what the machine doubts.

Owns Django, django-htmx and waitress. `serve` opens it; docs/review.md says how it is used and why it is built so.
"""

from pipeline.review.server import serve

__all__ = ["serve"]
