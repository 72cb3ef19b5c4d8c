"""Local stand-ins for the providers: real HTTP servers that behave as the providers document it.

Nothing here knows the project; they speak HTTP and are driven by the real client libraries. Every behaviour names its source:
a page of the provider's documentation, the SDK's code, or a public thread where somebody met it.
"""
