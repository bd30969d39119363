"""What the pages of a clinic's staff show, put together in a constant number of queries; ``views`` answer with it."""
