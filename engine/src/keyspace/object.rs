//! Collections under keys: finding one of the right type, creating and changing it. Knows no command.

use super::db::{Keyspace, Place};
use super::entry::Entry;
use crate::error::Error;
use crate::types::{KeyHasher, Kind, ObjectRef};

impl Entry {
    /// The collection, where the value is one of this kind.
    ///
    /// # Errors
    /// [`Error::WrongType`] where it is something else.
    #[inline]
    pub fn collection<T: Kind>(&self) -> Result<&T, Error> {
        self.object().and_then(T::of).ok_or(Error::WrongType)
    }
}

impl Keyspace {
    /// Finds the collection of `key` for reading: counts a hit or miss and notes the access. The hasher goes with
    /// it, because large collections are hash tables.
    ///
    /// # Errors
    /// [`Error::WrongType`] where the key holds something else.
    #[inline]
    pub fn read_collection<T: Kind>(
        &mut self,
        key: &[u8],
    ) -> Result<Option<(&T, &KeyHasher)>, Error> {
        let place = self.find_counted(key);
        self.touch(place);
        self.collection(place)
    }

    /// The collection at a place.
    ///
    /// # Errors
    /// [`Error::WrongType`] where there is something else.
    #[inline]
    pub fn collection<T: Kind>(&self, place: Place) -> Result<Option<(&T, &KeyHasher)>, Error> {
        match self.entry(place) {
            Some(entry) => Ok(Some((entry.collection()?, self.hasher()))),
            None => Ok(None),
        }
    }

    /// The collection at a place, to be changed; notes the access. One that is empty afterwards must go: see
    /// [`Keyspace::remove_if_empty`].
    ///
    /// # Errors
    /// [`Error::WrongType`] where there is something else.
    #[inline]
    pub fn collection_mut<T: Kind>(
        &mut self,
        place: Place,
    ) -> Result<Option<(&mut T, &KeyHasher)>, Error> {
        self.touch(place);
        let (entry, hasher) = self.entry_mut(place);
        match entry {
            Some(entry) => {
                let object = entry.object_mut().and_then(T::of_mut);
                Ok(Some((object.ok_or(Error::WrongType)?, hasher)))
            }
            None => Ok(None),
        }
    }

    /// Stores a collection under a key that does not exist, and gives its place.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn create<T: Kind>(
        &mut self,
        place: Place,
        key: &[u8],
        collection: T,
    ) -> Result<Place, Error> {
        let mut entry = Entry::of_object(key, collection.into_object(), None)?;
        entry.set_access(self.fresh_access());
        self.store(place, entry)?;
        Ok(self.find(key))
    }

    /// The place of `key`'s collection, which comes into being where there is no key.
    ///
    /// # Errors
    /// [`Error::WrongType`] where the key holds something else; [`Error::OutOfMemory`].
    pub fn open<T: Kind + Default>(&mut self, key: &[u8]) -> Result<Place, Error> {
        let place = self.find(key);
        match self.entry(place) {
            Some(entry) => entry.collection::<T>().map(|_| place),
            None => self.create(place, key, T::default()),
        }
    }

    /// Frees what was taken out of a collection, in slices where it is large.
    pub fn discard<T: Kind>(&mut self, rest: Option<T>) {
        if let Some(rest) = rest {
            self.bury_object(rest.into_object());
        }
    }

    /// Deletes the key at a place if its collection is empty, and says whether it did.
    pub fn remove_if_empty(&mut self, place: Place) -> bool {
        let object = self.entry(place).and_then(Entry::object);
        object.is_some_and(ObjectRef::is_empty) && self.remove(place)
    }
}
