//! What a key can hold besides a string: one enum over all collections. Knows nothing of keys, protocol or time.

use super::KeyHasher;
use super::hash_map::Hash;
use super::list::List;
use super::set::Set;
use super::sorted_set::SortedSet;
use super::stream::Stream;
use crate::error::Error;
use alloc::boxed::Box;

/// Collections of more elements than this are freed in slices.
const LARGE: usize = 64;
/// Tables of more elements than this do not stay in the cache by themselves.
const UNCACHED: usize = 2048;

/// A collection that nobody has put under a key, or that was taken from one.
pub enum Object {
    /// A list.
    List(List),
    /// A set.
    Set(Set),
    /// A hash.
    Hash(Hash),
    /// A sorted set.
    SortedSet(SortedSet),
    /// A stream.
    Stream(Box<Stream>),
}

/// A collection, wherever it lies.
#[derive(Clone, Copy)]
pub enum ObjectRef<'a> {
    /// A list.
    List(&'a List),
    /// A set.
    Set(&'a Set),
    /// A hash.
    Hash(&'a Hash),
    /// A sorted set.
    SortedSet(&'a SortedSet),
    /// A stream.
    Stream(&'a Stream),
}

/// A collection, wherever it lies, to be changed.
pub enum ObjectMut<'a> {
    /// A list.
    List(&'a mut List),
    /// A set.
    Set(&'a mut Set),
    /// A hash.
    Hash(&'a mut Hash),
    /// A sorted set.
    SortedSet(&'a mut SortedSet),
    /// A stream.
    Stream(&'a mut Stream),
}

/// A kind of collection: goes into an [`Object`] and comes out of one again.
pub trait Kind: Sized {
    /// The object that holds it.
    fn into_object(self) -> Object;
    /// The collection, where it is of this kind.
    fn of(object: ObjectRef<'_>) -> Option<&Self>;
    /// The collection, where it is of this kind, to be changed.
    fn of_mut(object: ObjectMut<'_>) -> Option<&mut Self>;
}

/// Does the same with whatever collection there is.
macro_rules! each {
    ($enum:ident, $object:expr, $collection:ident => $result:expr) => {
        match $object {
            $enum::List($collection) => $result,
            $enum::Set($collection) => $result,
            $enum::Hash($collection) => $result,
            $enum::SortedSet($collection) => $result,
            $enum::Stream($collection) => $result,
        }
    };
}

macro_rules! kind {
    ($kind:ident, $collection:ident => $stored:expr) => {
        impl Kind for $kind {
            fn into_object(self) -> Object {
                let $collection = self;
                Object::$kind($stored)
            }

            #[inline]
            fn of(object: ObjectRef<'_>) -> Option<&Self> {
                match object {
                    ObjectRef::$kind(collection) => Some(collection),
                    _ => None,
                }
            }

            #[inline]
            fn of_mut(object: ObjectMut<'_>) -> Option<&mut Self> {
                match object {
                    ObjectMut::$kind(collection) => Some(collection),
                    _ => None,
                }
            }
        }
    };
}

kind!(List, list => list);
kind!(Set, set => set);
kind!(Hash, hash => hash);
kind!(SortedSet, set => set);
kind!(Stream, stream => Box::new(stream));

impl Object {
    /// The collection in it.
    #[inline]
    pub fn view(&self) -> ObjectRef<'_> {
        match self {
            Object::List(list) => ObjectRef::List(list),
            Object::Set(set) => ObjectRef::Set(set),
            Object::Hash(hash) => ObjectRef::Hash(hash),
            Object::SortedSet(set) => ObjectRef::SortedSet(set),
            Object::Stream(stream) => ObjectRef::Stream(stream),
        }
    }

    /// The collection in it, to be changed.
    pub fn view_mut(&mut self) -> ObjectMut<'_> {
        match self {
            Object::List(list) => ObjectMut::List(list),
            Object::Set(set) => ObjectMut::Set(set),
            Object::Hash(hash) => ObjectMut::Hash(hash),
            Object::SortedSet(set) => ObjectMut::SortedSet(set),
            Object::Stream(stream) => ObjectMut::Stream(stream),
        }
    }

    /// Frees about `count` elements, in whatever order is cheapest. False when none is left. The object is good
    /// for nothing else from then on.
    pub fn drop_some(&mut self, count: usize) -> bool {
        each!(Object, self, collection => collection.drop_some(count))
    }
}

impl ObjectMut<'_> {
    /// From now on the collection can be looked at as it is at this moment, by a walk that has got to `walked`, which is for
    /// each type to say. False where its form keeps nothing. Nearly O(1).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; nothing is kept then.
    pub fn keep(self, walked: u64) -> Result<bool, Error> {
        each!(ObjectMut, self, collection => collection.keep(walked))
    }

    /// The walk has got so far: what lies before is not looked at any more.
    pub fn walked(self, walked: u64) {
        each!(ObjectMut, self, collection => collection.walked(walked));
    }

    /// Keeps nothing any more. Gives what was kept, to be freed.
    pub fn release(self) -> Option<Object> {
        each!(ObjectMut, self, collection => collection.release().map(Kind::into_object))
    }

    /// Takes out about `count` of the elements that went at one stroke with many others, and says whether more are left.
    pub fn take_rest(self, hasher: &KeyHasher, count: usize) -> bool {
        match self {
            ObjectMut::SortedSet(set) => set.take_rest(hasher, count),
            ObjectMut::Stream(stream) => stream.take_rest(count),
            _ => false,
        }
    }
}

impl ObjectRef<'_> {
    /// It can be looked at as it was, see [`ObjectMut::keep`].
    pub fn is_kept(self) -> bool {
        each!(ObjectRef, self, collection => collection.is_kept())
    }

    /// Memory to keep something was refused: it cannot be looked at any more. A list says so by what it lacks.
    pub fn is_lost(self) -> bool {
        match self {
            ObjectRef::Hash(hash) => hash.is_lost(),
            ObjectRef::Set(set) => set.is_lost(),
            ObjectRef::SortedSet(set) => set.is_lost(),
            ObjectRef::Stream(stream) => !stream.is_kept_whole(),
            ObjectRef::List(_) => false,
        }
    }

    /// What TYPE says.
    pub fn type_name(self) -> &'static str {
        match self {
            ObjectRef::List(_) => "list",
            ObjectRef::Set(_) => "set",
            ObjectRef::Hash(_) => "hash",
            ObjectRef::SortedSet(_) => "zset",
            ObjectRef::Stream(_) => "stream",
        }
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(self) -> &'static str {
        each!(ObjectRef, self, collection => collection.encoding())
    }

    /// Elements.
    pub fn len(self) -> usize {
        each!(ObjectRef, self, collection => collection.len())
    }

    /// There is no element: the key must go. A stream stays, for its IDs and groups.
    pub fn is_empty(self) -> bool {
        !matches!(self, ObjectRef::Stream(_)) && self.len() == 0
    }

    /// It has so many elements, or keeps so many that it had, that freeing it at once would take long.
    pub fn is_large(self) -> bool {
        self.weight() > LARGE || self.has_rest() || self.is_kept()
    }

    /// About how many elements it would take as long to free, or to copy, as all of it.
    pub fn weight(self) -> usize {
        match self {
            ObjectRef::Stream(stream) => stream.weight(),
            _ => self.len(),
        }
    }

    /// Elements are left in it that nobody is shown any more, see [`ObjectMut::take_rest`].
    pub fn has_rest(self) -> bool {
        match self {
            ObjectRef::SortedSet(set) => set.has_rest(),
            ObjectRef::Stream(stream) => stream.has_rest(),
            _ => false,
        }
    }

    /// Asks the processor to fetch where the collection's own memory begins.
    #[inline]
    pub fn prefetch(self) {
        each!(ObjectRef, self, collection => collection.prefetch());
    }

    /// Asks the processor to fetch the bucket of a member, or field, with this hash. False where the collection is not so
    /// large that this is of use.
    pub fn prefetch_bucket(self, hash: u64) -> bool {
        match self {
            ObjectRef::Set(set) if set.len() > UNCACHED => set.prefetch_bucket(hash),
            ObjectRef::Hash(fields) if fields.len() > UNCACHED => fields.prefetch_bucket(hash),
            ObjectRef::SortedSet(set) if set.len() > UNCACHED => set.prefetch_bucket(hash),
            _ => return false,
        }
        true
    }

    /// The second step: the member itself.
    pub fn prefetch_item(self, hash: u64) {
        match self {
            ObjectRef::Set(set) => set.prefetch_item(hash),
            ObjectRef::Hash(fields) => fields.prefetch_item(hash),
            ObjectRef::SortedSet(set) => set.prefetch_item(hash),
            _ => {}
        }
    }

    /// A copy. O(size).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy(self) -> Result<Object, Error> {
        Ok(each!(ObjectRef, self, collection => collection.copy()?.into_object()))
    }

    /// Bytes of memory behind it, the allocator's own overhead aside. O(1), estimated for large ones.
    pub fn memory_bytes(self) -> usize {
        each!(ObjectRef, self, collection => collection.memory_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_collection_is_small() {
        assert_eq!(size_of::<Hash>(), 24);
        assert_eq!(size_of::<List>(), 24);
        assert_eq!(size_of::<SortedSet>(), 24);
        assert!(size_of::<Set>() <= 32);
    }
}
