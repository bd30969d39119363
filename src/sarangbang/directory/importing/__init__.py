"""Files into the directory: our own tables of institutions, practitioners and procedures, and the national list.

``reading`` makes rows of CSV, XLSX and JSON; ``columns`` finds out which column is what; ``cells`` makes values of
cells; one module per kind of file compares with what is known and writes; ``running`` holds it together.
"""
