"""Mails as servers send them back, in the shapes of Postfix, Exim, Exchange, Gmail and qmail."""

from __future__ import annotations

from service.capabilities import Capabilities

KEY = "a-key-for-tests-that-is-long-enough-to-be-one"
SIGNED = Capabilities("https://litwatch.example.org", (KEY,))
DELIVERY = "0b5c9f0e-7f6b-5d2a-9a57-6f1f0a3c2d11"
ANA = "ana@example.org"
GONE = "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown"


def to(delivery: str = DELIVERY) -> str:
    """The envelope address that a delivery went out with."""
    return f"bounces+{SIGNED.bounce_tag(delivery)}@example.org"


def _mail(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n"


ORIGINAL = (
    "Message-ID: <0b5c9f0e-7f6b-5d2a-9a57-6f1f0a3c2d11.r0@example.org>",
    "From: Litwatch <litwatch@example.org>",
    "To: ana@example.org",
    "Subject: Stroma, week 47",
    "",
    "550 5.1.1 patients were asked. This line is of the digest and not of the report.",
)


def group(action: str, status: str, told: str, address: str = ANA) -> tuple[str, ...]:
    """What a report says of one recipient."""
    return (
        "",
        f"Final-Recipient: rfc822; {address}",
        f"Action: {action}",
        f"Status: {status}",
        *([f"Diagnostic-Code: smtp; {told}"] if told else []),
    )


def postfix(
    action: str = "failed",
    status: str = "5.1.1",
    told: str = GONE,
    *more: tuple[str, ...],
    address: str = ANA,
    back: str | None = None,
) -> bytes:
    """A report of RFC 3464; `more` groups of recipients may follow."""
    return _mail(
        "Return-Path: <>",
        f"Delivered-To: {to() if back is None else back}",
        "From: MAILER-DAEMON@mail.example.org (Mail Delivery System)",
        "Subject: Undelivered Mail Returned to Sender",
        "To: litwatch-returns@example.org",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        '\tboundary="4Fx1.1795420800/mail.example.org"',
        "",
        "This is a MIME-encapsulated message.",
        "",
        "--4Fx1.1795420800/mail.example.org",
        "Content-Description: Notification",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "This is the mail system at host mail.example.org.",
        "",
        "--4Fx1.1795420800/mail.example.org",
        "Content-Description: Delivery report",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.example.org",
        "Arrival-Date: Mon, 16 Nov 2026 08:00:04 +0000 (UTC)",
        *group(action, status, told, address),
        *(line for each in more for line in each),
        "",
        "--4Fx1.1795420800/mail.example.org",
        "Content-Description: Undelivered Message",
        "Content-Type: message/rfc822",
        "",
        *ORIGINAL,
        "",
        "--4Fx1.1795420800/mail.example.org--",
    )


def exchange() -> bytes:
    """HTML first; the tag only in To; the code in Exchange's own words."""
    return _mail(
        "From: <postmaster@clinic.example.org>",
        f"To: <{to()}>",
        "Subject: Undeliverable: Stroma, week 47",
        "Content-Type: multipart/report; report-type=delivery-status;",
        ' boundary="_000_B1_"',
        "X-MS-Exchange-Message-Is-Ndr:",
        "MIME-Version: 1.0",
        "",
        "--_000_B1_",
        'Content-Type: multipart/alternative; boundary="_001_B2_"',
        "",
        "--_001_B2_",
        'Content-Type: text/plain; charset="us-ascii"',
        "",
        "Your message to ana@example.org couldn't be delivered.",
        "",
        "--_001_B2_",
        'Content-Type: text/html; charset="us-ascii"',
        "",
        "<html><body><p>Your message to <b>ana@example.org</b> ...</p></body></html>",
        "",
        "--_001_B2_--",
        "",
        "--_000_B1_",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns;AB1.clinic.example.org",
        "Received-From-MTA: dns;mail.example.org",
        "",
        "Final-Recipient: rfc822;Ana@Example.org",
        "Action: failed",
        "Status: 5.1.10",
        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by",
        " SMTP address lookup",
        "",
        "--_000_B1_",
        "Content-Type: text/rfc822-headers",
        "",
        *ORIGINAL[:4],
        "",
        "--_000_B1_--",
    )


def gmail() -> bytes:
    """Marked as an automatic reply, with the failed address in a header and in the report."""
    return _mail(
        f"Delivered-To: {to()}",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.example.org>",
        f"To: {to()}",
        "Auto-Submitted: auto-replied",
        "Subject: Delivery Status Notification (Failure)",
        "X-Failed-Recipients: ana@example.org",
        'Content-Type: multipart/report; boundary="00000000000a"; report-type=delivery-status',
        "",
        "--00000000000a",
        'Content-Type: text/plain; charset="UTF-8"',
        "",
        "** Address not found **",
        "",
        "--00000000000a",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; googlemail.example.org",
        "",
        "Final-Recipient: rfc822; ana@example.org",
        "Action: failed",
        "Status: 5.1.1",
        "Remote-MTA: dns; mx.example.org. (192.0.2.27, the server for the domain example.org.)",
        "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not",
        " exist. 550 5.1.1 https://support.example.org/mail/?p=NoSuchUser",
        "Last-Attempt-Date: Mon, 16 Nov 2026 00:00:09 -0800 (PST)",
        "",
        "--00000000000a",
        "Content-Type: message/rfc822",
        "",
        *ORIGINAL,
        "",
        "--00000000000a--",
    )


def exim(told: str = "550 5.1.1 <ana@example.org> User unknown") -> bytes:
    """Words alone, and marked as an automatic reply."""
    return _mail(
        f"Envelope-to: {to()}",
        "X-Failed-Recipients: ana@example.org",
        "Auto-Submitted: auto-replied",
        "From: Mail Delivery System <Mailer-Daemon@host.example.org>",
        f"To: {to()}",
        "Subject: Mail delivery failed: returning message to sender",
        "",
        "This message was created automatically by mail delivery software (Exim 4.96.1).",
        "",
        "A message that you sent could not be delivered to one or more of its",
        "recipients. The addresses are listed below.",
        "",
        "  ana@example.org",
        "    host mx.example.org [192.0.2.27]",
        "    SMTP error from remote mail server after RCPT TO:<ana@example.org>:",
        f"    {told}",
        "",
        "------ This is a copy of the message, including all the headers. ------",
        "",
        *ORIGINAL,
    )


def qmail(told: str = "Remote host said: 550 sorry, no mailbox here by that name") -> bytes:
    """Words alone, without a mark of any kind."""
    return _mail(
        f"Delivered-To: {to()}",
        "From: MAILER-DAEMON@old.example.org",
        f"To: {to()}",
        "Subject: failure notice",
        "",
        "Hi. This is the qmail-send program at old.example.org.",
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "",
        "<ana@example.org>:",
        "192.0.2.27 does not like recipient.",
        told,
        "Giving up on 192.0.2.27.",
        "",
        "--- Below this line is a copy of the message.",
        "",
        *ORIGINAL,
    )


def reply(*headers: str, body: str = "I am away until 550 5.1.1 days have passed.") -> bytes:
    """A mail to our envelope address that reports nothing."""
    return _mail(f"To: {to()}", "From: Ana <ana@example.org>", *headers, "", body)


def complaint(kind: str = "abuse", back: str | None = None) -> bytes:
    """A report of RFC 5965, to the address for complaints; it quotes our envelope address."""
    return _mail(
        "From: <fbl@provider.example.org>",
        "To: abuse@example.org",
        "Subject: FW: Stroma, week 47",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="part1_13d"',
        "",
        "--part1_13d",
        "Content-Type: text/plain",
        "",
        "This is an email abuse report.",
        "",
        "--part1_13d",
        "Content-Type: message/feedback-report",
        "",
        f"Feedback-Type: {kind}",
        "User-Agent: SomeGenerator/1.0",
        "Version: 1",
        f"Original-Mail-From: <{to() if back is None else back}>",
        "Original-Rcpt-To: <ana@example.org>",
        "",
        "--part1_13d",
        "Content-Type: message/rfc822",
        "",
        *ORIGINAL,
        "",
        "--part1_13d--",
    )
