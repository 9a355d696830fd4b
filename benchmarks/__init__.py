"""How long the review takes, and how much memory, beside its targets."""

import models as _  # before numpy, whose threads it limits
