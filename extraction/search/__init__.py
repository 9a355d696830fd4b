"""From a search to the register: what databases export becomes candidates, and people screen these."""
