/** The page /api/docs: the portal's OpenAPI document, readable and ready to try. */
import "swagger-ui-dist/swagger-ui.css";
import SwaggerUi from "swagger-ui-dist/swagger-ui-es-bundle.js";

SwaggerUi({
  url: "/api/openapi.json",
  dom_id: "#api-docs",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
