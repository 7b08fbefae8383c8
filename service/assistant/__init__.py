"""The face for assistants: the archive as tools of the Model Context Protocol (`litwatch mcp`)."""
