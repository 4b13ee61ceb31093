"""All projections, by name."""

from __future__ import annotations

from typing import Final

from projections.api_key_uses import API_KEY_USES
from projections.api_keys import API_KEYS
from projections.audit_log import AUDIT_LOG
from projections.model_list import MODEL_LIST
from projections.model_stats import MODEL_STATS
from projections.model_traffic import MODEL_TRAFFIC
from projections.prediction_history import PREDICTION_HISTORY
from projections.projection import Projection
from projections.sessions import SESSIONS
from projections.users import USERS

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
PROJECTIONS: Final = {projection.name: projection for projection in _ALL}
