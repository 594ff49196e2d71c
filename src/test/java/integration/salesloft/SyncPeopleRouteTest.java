package integration.salesloft;

class SyncPeopleRouteTest extends IntegrationTest {
}
