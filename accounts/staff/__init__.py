"""What the staff pages of all apps share: what may be done, what is recorded, how lists are searched and shown."""

from accounts.staff.content import READ_CONTENT, may_read_content, record_content_read
from accounts.staff.counts import Countable, count_things, countables
from accounts.staff.lists import BoundedPaginator, PersonFilter, SearchesById, TypedFilter, people_matching, read_id
from accounts.staff.marks import NOTHING, badge, describe_seconds, link, link_to_id, shorten_id, show_moment
from accounts.staff.pages import ReadOnlyAdmin, StaffAdmin
from accounts.staff.records import record_deed

__all__ = [
    "NOTHING",
    "READ_CONTENT",
    "BoundedPaginator",
    "Countable",
    "PersonFilter",
    "ReadOnlyAdmin",
    "SearchesById",
    "StaffAdmin",
    "TypedFilter",
    "badge",
    "count_things",
    "countables",
    "describe_seconds",
    "link",
    "link_to_id",
    "may_read_content",
    "people_matching",
    "read_id",
    "record_content_read",
    "record_deed",
    "shorten_id",
    "show_moment",
]
