"""Usage data: its rows, files, data sets and queries; nobody else opens them."""
