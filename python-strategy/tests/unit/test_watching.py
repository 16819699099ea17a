"""A recording becomes what a scorecard judges."""

from dataclasses import replace

import numpy as np
import pytest
from fall_world import MIDNIGHT, SECOND

from src.backtest.contenders import contenders
from src.backtest.watching import tape_of, watch
from src.domain.errors import InvalidData
