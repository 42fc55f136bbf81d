"""Caption QA: how many questions about a figure can be answered from its caption."""
