package integration.salesloft.token;

/**
 * What a store holds.
 *
 * @param pair     of version 0 where there is none
 * @param storedAs what the store itself calls this version: what has to be there when it is replaced; null where there never was one
 */
public record StoredPair(TokenPair pair, String storedAs) {
}
