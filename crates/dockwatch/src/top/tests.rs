//! The view as a whole: keys in, pictures out.
