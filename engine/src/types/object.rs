//! What a key can hold besides a string: one enum over all collections. Knows nothing of keys, protocol or time.

use super::hash_map::Hash;
use super::list::List;
use super::set::Set;
use super::sorted_set::SortedSet;
use crate::error::Error;

/// Collections of more elements than this are freed in slices.
const LARGE: usize = 64;
/// Tables of more elements than this do not stay in the cache by themselves.
const UNCACHED: usize = 2048;

/// A collection. At most 32 bytes, so that a key with a small one stays small.
pub enum Object {
    /// A list.
    List(List),
    /// A set.
    Set(Set),
    /// A hash.
    Hash(Hash),
    /// A sorted set.
    SortedSet(SortedSet),
}

/// A kind of collection: goes into an [`Object`] and comes out of one again.
pub trait Kind: Sized {
    /// The object that holds it.
    fn into_object(self) -> Object;
    /// The collection in `object`, where it is of this kind.
    fn of(object: &Object) -> Option<&Self>;
    /// The collection in `object`, where it is of this kind, to be changed.
    fn of_mut(object: &mut Object) -> Option<&mut Self>;
}

/// Does the same with whatever collection there is.
macro_rules! each {
    ($object:expr, $collection:ident => $result:expr) => {
        match $object {
            Object::List($collection) => $result,
            Object::Set($collection) => $result,
            Object::Hash($collection) => $result,
            Object::SortedSet($collection) => $result,
        }
    };
}

macro_rules! kind {
    ($kind:ident) => {
        impl Kind for $kind {
            fn into_object(self) -> Object {
                Object::$kind(self)
            }

            fn of(object: &Object) -> Option<&Self> {
                match object {
                    Object::$kind(collection) => Some(collection),
                    _ => None,
                }
            }

            fn of_mut(object: &mut Object) -> Option<&mut Self> {
                match object {
                    Object::$kind(collection) => Some(collection),
                    _ => None,
                }
            }
        }
    };
}

kind!(List);
kind!(Set);
kind!(Hash);
kind!(SortedSet);

impl Object {
    /// What TYPE says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Object::List(_) => "list",
            Object::Set(_) => "set",
            Object::Hash(_) => "hash",
            Object::SortedSet(_) => "zset",
        }
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        each!(self, collection => collection.encoding())
    }

    /// Elements.
    pub fn len(&self) -> usize {
        each!(self, collection => collection.len())
    }

    /// There is no element: the key must go.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// It has so many elements that freeing it at once would take long.
    pub fn is_large(&self) -> bool {
        self.len() > LARGE
    }

    /// Frees about `count` elements, in whatever order is cheapest. False when none is left. The object is good
    /// for nothing else from then on.
    pub fn drop_some(&mut self, count: usize) -> bool {
        each!(self, collection => collection.drop_some(count))
    }

    /// Asks the processor to fetch where the collection's own memory begins.
    #[inline]
    pub fn prefetch(&self) {
        each!(self, collection => collection.prefetch());
    }

    /// Asks the processor to fetch the bucket of a member, or field, with this hash. False where the collection is not so
    /// large that this is of use.
    pub fn prefetch_bucket(&self, hash: u64) -> bool {
        match self {
            Object::Set(set) if set.len() > UNCACHED => set.prefetch_bucket(hash),
            Object::Hash(fields) if fields.len() > UNCACHED => fields.prefetch_bucket(hash),
            Object::SortedSet(set) if set.len() > UNCACHED => set.prefetch_bucket(hash),
            _ => return false,
        }
        true
    }

    /// The second step: the member itself.
    pub fn prefetch_item(&self, hash: u64) {
        match self {
            Object::Set(set) => set.prefetch_item(hash),
            Object::Hash(fields) => fields.prefetch_item(hash),
            Object::SortedSet(set) => set.prefetch_item(hash),
            _ => {}
        }
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(&self) -> Result<Object, Error> {
        Ok(each!(self, collection => collection.copy()?.into_object()))
    }

    /// Bytes of memory, the allocator's own overhead aside. O(1), estimated for large ones.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Object>() + each!(self, collection => collection.memory_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_small() {
        assert!(size_of::<Object>() <= 32, "{}", size_of::<Object>());
    }
}
