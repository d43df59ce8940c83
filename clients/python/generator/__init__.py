"""The generator of the typed part of the client: from the OpenAPI document to Python, deterministic.

`document` reads, `tables` says what the document cannot, `types` maps schemas to annotations, `models`, `operations`
and `resources` write one kind of file each. Data flows in that order. Users of the client need none of it.
"""
