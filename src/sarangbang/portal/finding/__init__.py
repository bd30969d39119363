"""Finding: from the first page to an institution's free times."""
