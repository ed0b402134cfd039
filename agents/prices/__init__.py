"""Dated price book: genai-prices plus own prices, flattened into rows a database can join.

`agents.prices.stored` reads own prices from the database; everything exported here works without one.
"""

from agents.prices.books import PriceBook
from agents.prices.own import OwnPrice
from agents.prices.rows import PRICE_CLASSES, TOKEN_CLASSES, ClassPrices, PriceRow

__all__ = ["PRICE_CLASSES", "TOKEN_CLASSES", "ClassPrices", "OwnPrice", "PriceBook", "PriceRow"]
