"""All projections, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.engine.projection import Projection
from projections.read_models.api_keys import API_KEY_USES, API_KEYS
from projections.read_models.audit_log import AUDIT_LOG
from projections.read_models.model_list import MODEL_LIST
from projections.read_models.model_stats import MODEL_STATS
from projections.read_models.model_traffic import MODEL_TRAFFIC
from projections.read_models.prediction_history import PREDICTION_HISTORY
from projections.read_models.sessions import SESSIONS
from projections.read_models.users import USERS

_ALL: tuple[Projection, ...] = (
    USERS,
    SESSIONS,
    API_KEYS,
    API_KEY_USES,
    MODEL_LIST,
    MODEL_STATS,
    MODEL_TRAFFIC,
    PREDICTION_HISTORY,
    AUDIT_LOG,
)
PROJECTIONS: Final[Mapping[str, Projection]] = {each.name: each for each in _ALL}
