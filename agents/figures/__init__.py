"""The figures of an answer: found in its text, tied to the tool result they come from, and computed again."""
