"""pyaileys as a linked device: links by QR code, says what it decrypts, and answers questions."""

import asyncio

import common
import pyaileys.client
import pyaileys.crypto.noise
import pyaileys.media
from pyaileys import WhatsAppClient
from pyaileys.socket_config import SocketConfig

# The production root key and the media host are constants of the library.
pyaileys.crypto.noise.WA_CERT_PUBLIC_KEY = common.ROOT_KEY
pyaileys.media._download_bytes = lambda url, origin=None: common.fetch(url)

FIELDS = ("imageMessage", "videoMessage", "audioMessage", "documentMessage")


def unwrapped(message):
    """The message inside of the wrapper of a document with caption, which the library leaves on."""
    if message.HasField("documentWithCaptionMessage"):
        return message.documentWithCaptionMessage.message
    return message


async def main():
    client, auth = await WhatsAppClient.from_auth_folder(
        common.FOLDER, socket=SocketConfig(ws_url=common.WS, sync_full_history=False))
    scanned = []

    async def on_update(update):
        if update.qr and not scanned:
            scanned.append(update.qr)
            asyncio.ensure_future(common.scan(common.with_client_type(update.qr)))
        if update.connection == "open":
            common.say("open")

    async def on_decrypted(event):
        message = unwrapped(event["message"])
        kind = next((field for field in FIELDS if message.HasField(field)), None)
        if kind:
            asyncio.ensure_future(on_media(message, kind))
        elif event["text"]:
            common.say("text", text=event["text"])
            if common.is_question(event["text"]):
                asyncio.ensure_future(answer(event))

    async def on_media(message, kind):
        data = await client.download_message_media(message)
        media = getattr(message, kind)
        common.say("media", kind=kind.removesuffix("Message"), sha256=common.sha256(data), size=len(data),
                   mimeType=media.mimetype, caption=getattr(media, "caption", ""),
                   fileName=getattr(media, "fileName", ""))

    async def answer(event):
        identifier = await client.send_text(event["chat_jid"], f"pyaileys has read: {event['text']}")
        common.say("answered", id=identifier)

    async def on_error(event):
        common.say("error", detail=str(event))

    client.on("connection.update", on_update)
    client.on("creds.update", lambda _: auth.save_creds())
    client.on("message.decrypted", on_decrypted)
    for name in ("message.decrypt_error", "message.decode_error", "message.proto_error"):
        client.on(name, on_error)
    await client.connect()
    await asyncio.Event().wait()


asyncio.run(main())
