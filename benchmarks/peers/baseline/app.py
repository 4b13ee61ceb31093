"""The baseline: a prediction server in the usual design.

FastAPI, SQLAlchemy's async session on asyncpg with its default pool, a JWT checked by python-jose
in a dependency, the model called in the endpoint, one INSERT and one commit per prediction. It is
the fastest form of that design: the model stays in memory, the user is read from the token without
a query, there is no middleware, access log or read table, and only labels are computed. uvloop and
httptools are installed.

Settings, from the environment: `DATABASE_URL`, `SECRET_KEY`, `MODELS_DIR` with `NAME.joblib`.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import joblib
import numpy as np
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, DateTime, Float, String, Uuid
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ALGORITHM = "HS256"
SECRET_KEY = os.environ["SECRET_KEY"]
MODELS_DIR = Path(os.environ["MODELS_DIR"])

engine = create_async_engine(os.environ["DATABASE_URL"])
open_session = async_sessionmaker(engine, expire_on_commit=False)
bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/login")


class Base(DeclarativeBase):
    """The tables."""


class Prediction(Base):
    """One row per call."""

    __tablename__ = "predictions"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    model_name: Mapped[str] = mapped_column(String(255), index=True)
    user_id: Mapped[UUID] = mapped_column(Uuid)
    input_data: Mapped[Any] = mapped_column(JSON)
    output_data: Mapped[Any] = mapped_column(JSON)
    prediction_time: Mapped[float] = mapped_column(Float)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )


class PredictBody(BaseModel):
    """Rows of numbers."""

    input_data: list[list[float]]


class PredictionView(BaseModel):
    """The response to a call."""

    model_config = ConfigDict(protected_namespaces=())

    prediction_id: UUID
    model_name: str
    predictions: list[Any]
    prediction_time: float
    timestamp: datetime


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    """Create the tables; close the pool at the end."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def session_of_request() -> AsyncGenerator[AsyncSession]:
    """A session for one request."""
    async with open_session() as session:
        yield session


async def current_user(token: Annotated[str, Depends(bearer)]) -> UUID:
    """The id of the user, from the token."""
    try:
        return UUID(jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])["sub"])
    except (JWTError, KeyError, ValueError) as error:
        raise HTTPException(401, "Could not validate credentials") from error


@app.post("/api/v1/models/{name}/predict")
async def predict(
    name: str,
    body: PredictBody,
    user_id: Annotated[UUID, Depends(current_user)],
    session: Annotated[AsyncSession, Depends(session_of_request)],
) -> PredictionView:
    """Predict, record, respond."""
    began = time.perf_counter()
    labels = _model(name).predict(np.array(body.input_data)).tolist()
    prediction = Prediction(
        model_name=name,
        user_id=user_id,
        input_data=body.input_data,
        output_data=labels,
        prediction_time=time.perf_counter() - began,
    )
    session.add(prediction)
    await session.commit()
    return PredictionView(
        prediction_id=prediction.id,
        model_name=name,
        predictions=labels,
        prediction_time=prediction.prediction_time,
        timestamp=prediction.created_at,
    )


@cache
def _model(name: str) -> Any:
    path = MODELS_DIR / f"{name}.joblib"
    if path.parent != MODELS_DIR or not path.exists():
        raise HTTPException(404, "Model not found")
    return joblib.load(path)
