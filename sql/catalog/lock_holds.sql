-- Before migrate makes the functions anew: whoever is placing, changing or releasing a hold
-- finishes first, and the next one begins after migrate is over. So no hold is converted by
-- functions that are none any more when it takes effect.
LOCK TABLE retention.hold IN EXCLUSIVE MODE;
