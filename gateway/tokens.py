"""Who may decode: a bearer token of the operators' sign-on, checked against its key set (JWKS) with PyJWT."""

import asyncio
from dataclasses import dataclass

import jwt

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Public keys alone: a token that anybody could make from a public key (HS256) or that is not signed is none."""


class NotSignedOn(Exception):
    """No token, or none that holds. The text says why, without the token."""


@dataclass(frozen=True)
class SignOn:
    """Checks tokens: signature, issuer, audience, and that they have not run out. Keys are fetched once, and kept."""

    key_set: jwt.PyJWKClient
    issuer: str
    audience: str

    @classmethod
    def at(cls, key_set_url: str, issuer: str, audience: str) -> "SignOn":
        return cls(jwt.PyJWKClient(key_set_url, cache_keys=True, timeout=5), issuer, audience)

    async def who(self, authorization: str | None) -> str:
        """The subject of the token. Raises NotSignedOn."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedOn("authorization: a bearer token of the operators' sign-on")
        try:
            # The client is a blocking one, and fetches keys now and then.
            return await asyncio.to_thread(self._subject, token)
        except jwt.PyJWKClientConnectionError:
            raise NotSignedOn("authorization: the sign-on's key set cannot be fetched now") from None
        except ValueError:  # what answers there is no key set
            raise NotSignedOn("authorization: the sign-on's key set cannot be read now") from None
        except jwt.PyJWTError as wrong:
            raise NotSignedOn(f"authorization: no token that holds ({type(wrong).__name__})") from None

    def _subject(self, token: str) -> str:
        key = self.key_set.get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            issuer=self.issuer,
            audience=self.audience,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        return str(claims["sub"])
