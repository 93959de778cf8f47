"""A school term of meetings as they are lived, and a second, plain reading of who must hear what of them.

``people`` and ``lives`` make the records up; ``said``, ``told`` and ``checks`` work out from the raw rows what must be so.
Nothing here imports the service.
"""
