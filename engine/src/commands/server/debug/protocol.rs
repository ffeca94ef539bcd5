//! DEBUG PROTOCOL: a reply of each type, for those who test what reads replies.

use crate::command::Ctx;
use crate::error::Error;
use crate::resp::Protocol;

const BIG: &[u8] = b"1234567999999999999999999999999999999";

pub(super) fn protocol(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let is_resp3 = ctx.reply.protocol() == Protocol::Resp3;
    let kind = ctx.arg(2).to_ascii_lowercase();
    let reply = &mut ctx.reply;
    match kind.as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.int(12345),
        b"double" => reply.double(3141.0 / 1000.0),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            (0..3).for_each(|number| reply.int(number));
        }
        b"set" => {
            reply.set(3);
            (0..3).for_each(|number| reply.int(number));
        }
        b"map" => {
            reply.map(3);
            for number in 0..3 {
                reply.int(number);
                reply.bool(number == 1);
            }
        }
        b"attrib" => {
            if is_resp3 {
                reply.out().push(b"|1\r\n");
                reply.bulk(b"key-popularity");
                reply.array(2);
                reply.bulk(b"key:123");
                reply.int(90);
            }
            reply.bulk(b"Some real reply following the attribute");
        }
        b"push" => {
            if !is_resp3 {
                return Err(Error::fixed(&"ERR RESP2 is not supported by this command"));
            }
            reply.push(2);
            reply.bulk(b"server-cpu-usage");
            reply.int(42);
            reply.bulk(b"Some real reply following the push reply");
        }
        b"verbatim" => reply.verbatim("txt", b"This is a verbatim\nstring"),
        b"true" => reply.bool(true),
        b"false" => reply.bool(false),
        b"bignum" if is_resp3 => {
            reply.out().push(b"(");
            reply.out().push(BIG);
            reply.out().push(b"\r\n");
        }
        b"bignum" => reply.bulk(BIG),
        _ => {
            return Err(Error::fixed(
                &"ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(())
}
