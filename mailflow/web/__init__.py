"""Pages for people who click: the customer's activation page, the health page, the demo's mailbox.

Starlette applications served by uvicorn, each in a thread of its own (`server`). A GET shows, only
a POST acts (I22), and every act goes through the same door as mail does: `Flow.click`.
"""
