"""How allauth behaves in this house."""

from __future__ import annotations

import base64
import hashlib
from xml.etree import ElementTree as ET

import qrcode  # type: ignore[import-untyped]
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


class Accounts(DefaultAccountAdapter):
    """Accounts are made by an administrator; nobody signs up alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")


def _keys() -> MultiFernet:
    """One key per SECRET_KEY: the present one encrypts, former ones (``SECRET_KEY_FALLBACKS``) still decrypt."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    hashes = (hashlib.sha256(b"sarangbang.people.second-factor:" + secret.encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in hashes])


class SecondFactors(DefaultMFAAdapter):
    """Secrets of authenticator apps are encrypted at rest with a key made from ``SECRET_KEY``."""

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an SVG that can stand in the page itself: ``data:`` images and style attributes are not
        allowed."""
        code = qrcode.QRCode(border=4)
        code.add_data(url)
        code.make()
        rows = code.get_matrix()
        squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
        size = len(rows)
        svg = ET.Element(
            "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {size} {size}", width="240", height="240"
        )
        svg.set("class", "qr")
        # A camera needs dark on light, also at night.
        ET.SubElement(svg, "rect", width=str(size), height=str(size), fill="#fff")
        ET.SubElement(svg, "path", d=squares, fill="#000")
        svg.set("aria-hidden", "true")
        svg.set("focusable", "false")
        return ET.tostring(svg, encoding="unicode")
