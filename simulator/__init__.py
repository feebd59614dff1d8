"""A stand-in for Tencent's servers: OAuth, JS-SDK tickets and WeChat Pay v3, with its own books.

A process of its own with its own database. It shares no code with the product and uses none of the
client libraries, so that a mistake made there is not repeated here. Written from Tencent's public
documents: pay.weixin.qq.com/doc/v3/merchant/ and developers.weixin.qq.com/doc/service/.
"""

# Where it may start. The product takes an APP_ENV that nobody set for production, and so does this.
APP_ENVS = ("development", "test")
