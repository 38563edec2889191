"""Doctor of an instance: its checks by what they examine, their findings, and what can be repaired."""
