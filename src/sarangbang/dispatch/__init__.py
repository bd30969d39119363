"""Dispatch: cars and interpreters planned near the optimum, and mended when a day goes otherwise.

Pure: no Django, no database, importable alone. What is imported here is light; the search loads its machine code when
it is first asked.
"""
