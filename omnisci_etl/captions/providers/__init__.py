"""Providers: one module for each way to ask a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pydantic import SecretStr

from omnisci_etl.captions.providers.base import Answer, ModelRequest, Provider
from omnisci_etl.captions.providers.wire import Received
from omnisci_etl.captions.routes import Provider as ProviderSpec
from omnisci_etl.captions.routes import Routes
from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError


def key_of(settings: Settings, routes: Routes, name: str) -> SecretStr | None:
    """The key of a provider, None where it needs none. Raises ConfigError where it is not set."""
    variable = routes.providers[name].api_key_env
    if variable is None:
        return None
    key = settings.secret(variable)
    if key is None:
        raise ConfigError(f"providers.{name}: the key {variable} is not set: put it into the environment or .env")
    return key


def build(spec: ProviderSpec, key: SecretStr | None, timeout: float) -> Provider:
    """A client of a provider that asks over HTTP. The SDKs are imported here, as they take a second to load."""
    if spec.api == "openai":
        from omnisci_etl.captions.providers.openai_responses import OpenAIResponses

        return OpenAIResponses(spec.url, key, timeout)
    if spec.api == "anthropic":
        from omnisci_etl.captions.providers.anthropic_messages import AnthropicMessages

        return AnthropicMessages(spec.url, key, timeout)
    from omnisci_etl.captions.providers.openai_chat import OpenAIChat

    return OpenAIChat(spec.url, key, timeout)


def reader(api: str) -> Callable[[Received, ModelRequest], Answer]:
    """What reads the stored bytes of an answer of an API."""
    if api == "openai":
        from omnisci_etl.captions.providers import openai_responses

        return openai_responses.read
    if api == "anthropic":
        from omnisci_etl.captions.providers import anthropic_messages

        return anthropic_messages.read
    from omnisci_etl.captions.providers import openai_chat

    return openai_chat.read


def check_provider(settings: Settings, routes: Routes, name: str) -> str:
    """What one free request to a provider says. Raises ConfigError or ServiceError."""

    async def ask() -> list[str]:
        provider = build(routes.providers[name], key_of(settings, routes, name), settings.call_timeout)
        try:
            return await provider.models()
        finally:
            await provider.close()

    known = asyncio.run(ask())
    wanted = {model.model for model in routes.models.values() if model.provider == name}
    unknown = sorted(wanted.difference(known))
    listed = f"answers, {len(known)} models"
    return f"{listed}; it does not list {', '.join(unknown)}" if unknown else listed
