"""Spans of records as conditions of a query."""

from typing import Any

from sqlalchemy import Column, Select, Table

from src.persistence.repositories import Span


def within(query: Select[Any], table: Table, span: Span, time: Column[Any]) -> Select[Any]:
    """Ask only for rows of a span; a table without symbols leaves that question to its caller."""
    if span.session_id is not None:
        query = query.where(table.c.session_id == span.session_id)
    if span.symbol is not None and "symbol" in table.c:
        query = query.where(table.c.symbol == span.symbol)
    if span.since_ns is not None:
        query = query.where(time >= span.since_ns)
    if span.until_ns is not None:
        query = query.where(time < span.until_ns)
    return query
