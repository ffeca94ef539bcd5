//! Commands on sets.

pub(crate) mod combine;
pub(crate) mod member;
pub(crate) mod r#move;
pub(crate) mod random;
pub(crate) mod scan;
pub(crate) mod store;

use crate::command::Ctx;
use crate::resp::Reply;
use crate::types::set::{Element, Limits};

/// The configured limits of the small forms.
#[inline]
fn limits(ctx: &Ctx<'_>) -> Limits {
    let config = ctx.config();
    let size = |value| usize::try_from(value).unwrap_or(usize::MAX);
    Limits {
        intset_entries: size(config.set_max_intset_entries),
        listpack_entries: size(config.set_max_listpack_entries),
        listpack_value: size(config.set_max_listpack_value),
    }
}

/// Writes a member as a bulk string.
#[inline]
fn reply_member(reply: &mut Reply<'_>, member: Element<'_>) {
    match member {
        Element::Int(value) => reply.bulk_int(value),
        Element::Bytes(bytes) => reply.bulk(bytes),
    }
}
