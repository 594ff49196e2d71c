package integration.salesloft;

class SyncJobsRouteTest extends IntegrationTest {
}
