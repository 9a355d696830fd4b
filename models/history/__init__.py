"""The review over time: a study to come, versions, and what moved each answer."""
